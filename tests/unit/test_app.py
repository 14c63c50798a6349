"""The command line: what it takes, and what is said where that is wrong."""

from __future__ import annotations

import socket

import pytest

from app import is_loopback, own_names, parse_arguments
from backend.api.password import Login


def test_by_default_it_serves_this_machine_alone_and_asks_for_no_password():
    arguments = parse_arguments([])
    assert is_loopback(arguments.host)
    assert (arguments.auth, arguments.api_auth, arguments.allowed_host) == ([], [], [])


def test_several_logins_and_names():
    arguments = parse_arguments(
        ["--auth", "ada:a:b", "--auth", "ben:c", "--api-auth", "robot:d", "--allowed-host", "x.lan"]
    )
    assert arguments.auth == [Login("ada", "a:b"), Login("ben", "c")]
    assert arguments.api_auth == [Login("robot", "d")]
    assert arguments.allowed_host == ["x.lan"]


@pytest.mark.parametrize("option", ["--auth", "--api-auth"])
def test_half_a_login_is_told_and_not_repeated(option, capsys):
    with pytest.raises(SystemExit):
        parse_arguments([option, "only-a-secret"])
    said = capsys.readouterr().err
    assert "user:password" in said
    assert "only-a-secret" not in said


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
def test_on_loopback_no_other_name_is_answered(host):
    assert own_names(host) == []


def test_on_a_network_this_machines_name_is():
    assert socket.gethostname() in own_names("0.0.0.0")


def test_what_is_kept_of_steps_is_given_in_gigabytes():
    assert parse_arguments([]).keep_steps == 4
    assert parse_arguments(["--keep-steps", "0.5"]).keep_steps == 0.5


@pytest.mark.parametrize("text", ["-1", "nan", "much", "1e9", ""])
def test_other_amounts_are_refused(text, capsys):
    with pytest.raises(SystemExit):
        parse_arguments([f"--keep-steps={text}"])
    assert "gigabytes are a number from 0" in capsys.readouterr().err


def test_memory_for_models_is_given_in_gigabytes():
    assert parse_arguments([]).model_cache is None
    assert parse_arguments(["--model-cache", "1.5"]).model_cache == 1.5
    assert parse_arguments(["--model-cache", "0"]).model_cache == 0


@pytest.mark.parametrize("text", ["-1", "much", "nan", "inf"])
def test_other_than_a_number_of_gigabytes_is_refused(text, capsys):
    with pytest.raises(SystemExit):
        parse_arguments(["--model-cache", text])
    assert "gigabytes are a number" in capsys.readouterr().err
