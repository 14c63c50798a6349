"""The part of Atelier that knows no page: values, engine, library, studio and HTTP API."""
