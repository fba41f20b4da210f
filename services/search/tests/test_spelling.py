from reddit_reco_search.spelling import corrections, edits


def among(**counts: int):
    return lambda word: counts.get(word, 0)


def test_every_single_edit_is_forgiven():
    known = among(python=100)
    for typo in ("pyton", "pyhton", "pytbon", "pythonn", "ypthon"):
        assert corrections(typo, known) == ["python"]


def test_two_edits_are_not():
    assert corrections("pytbom", among(python=100)) == []


def test_a_usual_word_is_left_alone():
    assert corrections("form", among(form=50, from_=9000, forms=60)) == []


def test_a_rare_word_is_doubted_if_a_neighbour_is_far_more_usual():
    assert corrections("recieve", among(recieve=2, receive=500)) == ["receive"]


def test_the_same_first_letter_and_the_more_usual_word_come_first():
    known = among(tiger=40, niger=90, tigers=10)
    assert corrections("tigger", known) == ["tiger"]
    assert corrections("xiger", known) == ["niger", "tiger"]


def test_short_words_and_numbers_are_left_alone():
    assert corrections("cta", among(cat=100)) == []
    assert corrections("2031", among(**{"2013": 100})) == []


def test_edits_of_a_word_are_never_more_than_norvigs_number():
    # n deletions, n-1 transpositions, 36n replacements, 36(n+1) insertions
    assert sum(1 for _ in edits("word")) == 4 + 3 + 36 * 4 + 36 * 5
