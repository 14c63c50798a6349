"""The jobs of the Studio: kept in the database, so that an end of the program loses none."""
