import pytest

from annotate.env import Env, EnvError, parse_database_url


def test_a_missing_variable_is_named():
    with pytest.raises(EnvError, match="ANNOTATE_KEY is not set"):
        Env({}).text("ANNOTATE_KEY")


def test_an_empty_variable_counts_as_not_set():
    assert Env({"PORT": " "}).integer("PORT", 8000) == 8000


@pytest.mark.parametrize("value", ["", "eighty", "-1", "70000", "8e3", "٨"])
def test_an_odd_number_is_refused_with_name_value_and_range(value):
    with pytest.raises(EnvError) as error:
        Env({"PORT": value or "0"}).integer("PORT", 8000, least=1, most=65535)
    assert str(error.value) == f"PORT={value or '0'!r} is not a whole number from 1 to 65535."


@pytest.mark.parametrize(
    ("value", "meaning"), [("true", True), ("1", True), ("No", False), ("off", False)]
)
def test_yes_and_no_are_read_in_the_usual_spellings(value, meaning):
    assert Env({"X": value}).boolean("X", default=not meaning) is meaning


def test_neither_yes_nor_no_is_refused():
    with pytest.raises(EnvError, match="X='maybe' is neither true nor false"):
        Env({"X": "maybe"}).boolean("X", default=True)


def test_a_choice_lists_what_there_is():
    with pytest.raises(EnvError, match="LOG='xml' is not one of console, json"):
        Env({"LOG": "xml"}).one_of("LOG", ["console", "json"], "json")


def test_a_misspelt_variable_stops_the_start_and_the_right_one_is_proposed():
    env = Env({"ANNOTATE_DEBGU": "true"})
    env.boolean("ANNOTATE_DEBUG", default=False)
    with pytest.raises(
        EnvError, match=r"ANNOTATE_DEBGU is not a setting.*did you mean ANNOTATE_DEBUG"
    ):
        env.refuse_unknown("ANNOTATE_")


def test_variables_of_others_are_left_alone():
    Env({"HOME": "/"}).refuse_unknown("ANNOTATE_")


def test_a_file_gives_values_and_the_process_wins(tmp_path, monkeypatch):
    file = tmp_path / ".env"
    file.write_text('# a comment\n\nPORT=81\nexport TANDEM_TEST_A="one"\nTANDEM_TEST_B=file\n')
    monkeypatch.setenv("TANDEM_TEST_B", "process")
    env = Env.with_file(file)
    assert (env.text("TANDEM_TEST_A"), env.text("TANDEM_TEST_B")) == ("one", "process")


def test_a_line_that_sets_nothing_is_named_by_its_number(tmp_path):
    file = tmp_path / ".env"
    file.write_text("PORT=81\nDEBUG\n")
    with pytest.raises(EnvError, match="line 2: 'DEBUG' is not NAME=value"):
        Env.with_file(file)


def test_a_database_url_is_taken_apart_with_its_options():
    database = parse_database_url("postgresql://me:p%40ss@db.example:6432/tandem?sslmode=require")
    assert database == {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "tandem",
        "USER": "me",
        "PASSWORD": "p@ss",
        "HOST": "db.example",
        "PORT": "6432",
        "OPTIONS": {"sslmode": "require"},
    }


def test_a_socket_folder_comes_as_the_option_host():
    database = parse_database_url("postgresql://postgres:@/tandem?host=/run/postgres")
    assert (database["HOST"], database["PASSWORD"], database["OPTIONS"]) == (
        "/run/postgres",
        "",
        {},
    )


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("mysql://me@db/tandem", "only postgresql://"),
        ("postgresql://me@db", "names no database"),
        ("postgresql://me@db:many/tandem", "odd port"),
    ],
)
def test_an_odd_database_url_is_refused(url, fault):
    with pytest.raises(EnvError, match=f"^DATABASE_URL .*{fault}"):
        parse_database_url(url)
