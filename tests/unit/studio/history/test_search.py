"""Finding pictures: words of any script, choices, days, and pages of ten thousand."""

from __future__ import annotations

import pytest

from backend.studio.history.names import id_of
from backend.studio.history.rows import insert
from backend.studio.history.search import searchable
from backend.studio.history.values import HistoryQuery
from tests.unit.studio.history.rooms import EVERYTHING, Room

PROMPTS = [
    "a red hot-air balloon 🎈🎈 over a lake, 100% cotton",
    'the "Blue Rider" by Kandinsky_1911',
    "夜の山水画, ukiyo-e",
    "Straße am Fluß, café au lait",
    "a melting face 🫠 and a family 👨‍👩‍👧",
    "(masterpiece:1.2), [rough|smooth], O'Brien; DROP TABLE pictures; --",
]


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    room = Room(tmp_path_factory.mktemp("searched"))
    for seed, prompt in enumerate(PROMPTS):
        room.add(prompt, seed=seed)
    yield room
    room.close()


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("balloon", [0]),
        ("BALL", [0]),
        ("lake balloon", [0]),
        ("lake kandinsky", []),
        ("hot-air", [0]),
        ("alloon", []),
        ("🎈", [0]),
        ("🫠", [4]),
        ("👧", [4]),
        ("🎉", []),
        ('"Blue', [1]),
        ('"', [1]),
        ('""', []),
        ("%", [0]),
        ("100%", [0]),
        ("_", [1]),
        ("*", []),
        ("kandinsky_1911", [1]),
        ("山", [2]),
        ("山水", [2]),
        ("水山", []),
        ("cafe", [3]),
        ("CAFÉ", [3]),
        ("fluß", [3]),
        ("1.2", [5]),
        ("(masterpiece:1.2)", [5]),
        ("o'brien", [5]),
        ("'; DROP TABLE pictures; --", []),
        ("NOT balloon", []),
        ("balloon OR kandinsky", []),
        ("prompt:balloon", []),
        ("NEAR(a b)", []),
        ("  ", [5, 4, 3, 2, 1, 0]),
        ("a\0b\ud800", [0]),
        ("a " * 5000, [4, 3, 0]),
    ],
)
def test_words(filled, words, found):
    query = HistoryQuery(words=words)
    assert [entry.seed for entry in filled.all(query)] == found
    assert filled.history_count(query) == len(found)


def test_ascii_is_searched_as_it_is():
    assert (
        searchable("a plain, old-fashioned (prompt:1.2)") == "a plain, old-fashioned (prompt:1.2)"
    )


def test_choices_narrow_the_search_together(room):
    room.add("a cat", seed=1, checkpoint="one")
    room.add("a cat", seed=2, checkpoint="two' OR 1=1 --")
    favourite = room.add("a cat", seed=3, checkpoint="one")
    room.set_favourite(favourite.id, True)

    def seeds(**query):
        return [entry.seed for entry in room.all(HistoryQuery(**query))]

    assert seeds(checkpoint="one") == [3, 1]
    assert seeds(checkpoint="two' OR 1=1 --") == [2]
    assert seeds(task="text-to-image") == [3, 2, 1]
    assert seeds(task="inpainting") == []
    assert seeds(favourites=True) == [3]
    assert seeds(words="cat", favourites=True, checkpoint="one", task="text-to-image") == [3]
    assert room.history_checkpoints() == ["one", "two' OR 1=1 --"]
    room.set_favourite(favourite.id, False)
    assert seeds(favourites=True) == []


def add_rows(room, names):
    """Rows without files; only for what never looks at the files."""
    with room.database.write() as connection:
        for name in names:
            row = {
                "id": id_of(name), "name": name, "created": 0.0, "request": "", "infotext": "",
                "prompt": "a cat", "negative_prompt": "", "words": "a cat", "width": 8, "height": 8,
                "task": "text-to-image", "checkpoint": "m", "checkpoint_hash": "", "vae": "",
                "seed": 1, "pixels": "x", "input": "", "mask": "", "depth_map": "", "parent": None,
            }  # fmt: skip
            insert(connection, row)


def test_days_are_both_included_and_nonsense_is_left_out_of_account(room):
    days = ["2025-12-31", "2026-01-01", "2026-02-28", "2026-03-01"]
    add_rows(room, [f"{day}/{number:05d}-7.png" for day in days for number in (1, 99999)])

    def found(words="", **query):
        return sorted({e.name[:10] for e in room.all(HistoryQuery(words=words, **query))})

    for words in ("", "cat"):
        assert found(words, day_from="2026-01-01", day_to="2026-02-28") == days[1:3]
        assert found(words, day_from="2026-03-01") == days[3:]
        assert found(words, day_to="2025-12-31") == days[:1]
        assert found(words, day_from="2026-02-30", day_to="'; --") == days


@pytest.mark.parametrize(
    "query", [EVERYTHING, HistoryQuery(words="cat"), HistoryQuery(task="text-to-image")]
)
def test_ten_thousand_pictures_in_pages_each_once_newest_first(room, query):
    names = [f"2026-{1 + i // 2500:02d}-01/{1 + i % 2500:05d}-{i % 7}.png" for i in range(10_000)]
    add_rows(room, names)
    seen, before = [], None
    while page := room.history(query, before, 97):
        assert len(page) <= 97
        seen += [entry.name for entry in page]
        before = page[-1].id
    assert seen == names[::-1]
    assert room.history_count(query) == 10_000


def test_a_picture_painted_while_paging_shifts_nothing(room):
    for seed in range(6):
        room.add(seed=seed)
    first = room.history(EVERYTHING, None, 3)
    room.add(seed=9)
    assert [e.seed for e in room.history(EVERYTHING, first[-1].id, 3)] == [2, 1, 0]


def test_no_query_sorts_or_scans_the_whole_history(room):
    """EXPLAIN tells a scan or a sort of everything, which no timing on few rows would."""
    from backend.studio.history.search import condition

    for query in (
        EVERYTHING,
        HistoryQuery(words="cat"),
        HistoryQuery(favourites=True),
        HistoryQuery(deleted=True),
    ):
        found = condition(query, before=5)
        sql = f"EXPLAIN QUERY PLAN SELECT pictures.* {found.sql} ORDER BY {found.order} LIMIT 9"
        plan = [row["detail"] for row in room.database.rows(sql, *found.parameters)]
        assert not any("TEMP B-TREE" in step for step in plan), plan
        assert all("SEARCH" in step or "VIRTUAL TABLE" in step for step in plan), plan


@pytest.mark.parametrize(
    "name",
    [
        "2026-13-01/00001-1.png",
        "2026-01-01/1-1.png",
        "2026-01-01/00001-1.png\n",
        "2026-01-01/00001-1.jpg",
        "../x",
        "",
    ],
)
def test_other_names_have_no_id(room, name):
    assert id_of(name) is None
    assert room.entry_of(name) is None


def test_ids_grow_with_day_and_number_and_fit_a_browser():
    names = ["2025-12-31/99999-4294967295.png", "2026-01-01/00001-0.png", "2026-01-01/00002-0.png"]
    ids = [id_of(name) for name in names]
    assert ids == sorted(set(ids))
    assert id_of("2099-12-31/999999-4294967295.png") < 2**53
