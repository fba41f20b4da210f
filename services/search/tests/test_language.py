import random

import pytest

from reddit_reco_search.language import Clause, Kind, QueryError, parse


def clauses(text: str) -> tuple[Clause, ...]:
    return parse(text).clauses


def test_words_are_separate_clauses():
    assert clauses("  fast\tweb ") == (Clause("fast"), Clause("web"))


def test_quotes_make_a_phrase():
    assert clauses('a "web framework" b') == (
        Clause("a"),
        Clause("web framework", Kind.PHRASE),
        Clause("b"),
    )


def test_curly_quotes_are_quotes():
    assert clauses("“web framework”") == (Clause("web framework", Kind.PHRASE),)


def test_a_star_at_the_end_makes_a_prefix():
    assert clauses("pyth*") == (Clause("pyth", Kind.PREFIX),)


@pytest.mark.parametrize("text", ["f*cked", "F***", "*nix"])
def test_a_star_elsewhere_or_after_one_letter_is_no_operator(text):
    assert clauses(text)[0].kind is Kind.WORD


def test_a_minus_excludes_words_phrases_prefixes_and_fields():
    assert clauses('a -b -"c d" -ef* -author:g')[1:] == (
        Clause("b", excluded=True),
        Clause("c d", Kind.PHRASE, excluded=True),
        Clause("ef", Kind.PREFIX, excluded=True),
        Clause("g", field="author", excluded=True),
    )


@pytest.mark.parametrize("text", ["wi-fi", "AMA - ask me", "5 -- 6"])
def test_a_minus_inside_or_alone_excludes_nothing(text):
    assert not any(clause.excluded for clause in clauses(text))


def test_fields_take_words_phrases_and_prefixes_in_any_case():
    assert clauses('SubReddit:Python title:"web framework" tag:dj*') == (
        Clause("Python", field="subreddit"),
        Clause("web framework", Kind.PHRASE, "title"),
        Clause("dj", Kind.PREFIX, "tag"),
    )


@pytest.mark.parametrize("text", ["Photo:cat", "https://example.org/x", "Title: a tale"])
def test_other_colons_are_no_fields(text):
    assert all(clause.field is None for clause in clauses(text))


@pytest.mark.parametrize(
    "text",
    [
        'Got a 5.25" bay in your case?',
        'One 14" hole changed it all',
        'Putin: ""If the United States recognizes one"',
    ],
)
def test_inches_and_quotes_inside_quotes_are_understood(text):
    assert clauses(text)


@pytest.mark.parametrize(
    "text", ['"open', 'a "b c', 'word"', 'a"b', '"', 'a " b', '-"x', 'title:"x', '"a" "b']
)
def test_unpaired_quotes_are_refused(text):
    with pytest.raises(QueryError, match=r"quotation marks|nothing to search"):
        parse(text)


@pytest.mark.parametrize(
    "text", ["-", "*", '""', "- - *", ":", "!!!", "-foo", "-a -b", '-"a b"', "___", "😀", "-:*"]
)
def test_a_query_that_looks_for_nothing_is_refused(text):
    with pytest.raises(QueryError, match="nothing to search"):
        parse(text)


def test_what_is_said_twice_counts_once():
    assert clauses('a "b c" a "b c"') == (Clause("a"), Clause("b c", Kind.PHRASE))


def test_too_many_operators_are_refused_and_many_words_are_not():
    with pytest.raises(QueryError, match="at most 16"):
        parse(" ".join(f'"a b{n}"' for n in range(17)))
    assert len(clauses(" ".join(f"word{n}" for n in range(100)))) == 100


def test_any_text_is_a_query_or_a_query_error():
    rng = random.Random(20)
    alphabet = 'ab9é日 \t-*":“”()[]{}~^\\/+&|!?.,\x00\x1f'
    parts = [*alphabet, "title:", "author:", " -", '" ', "AND", "\u202e", "😀"]
    for _ in range(5_000):
        text = "".join(rng.choices(parts, k=rng.randrange(1, 30)))
        try:
            found = parse(text).clauses
        except QueryError:
            continue
        assert any(not clause.excluded for clause in found)
        assert all(clause.text for clause in found)
