"""The shapes that go in and out over HTTP."""

from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)
from pydantic_core import PydanticCustomError

from reddit_reco_chassis import CursorQuery, InputModel, QueryModel
from reddit_reco_synced.batches import PastMoment, Subject

from .domain import ID_PATTERN, LONGEST_ID, RESERVED, TAG_PATTERN, By, composed, folded
from .rules import MOST_RULES
from .words import is_word


def _free(tag: str) -> str:
    if folded(tag) in RESERVED:
        raise ValueError("this word is not free to be a tag")
    return composed(tag)


def _one_word(text: str) -> str:
    if not is_word(text):
        raise ValueError("a word is letters and digits without a space or a sign between")
    return text


PostId = Annotated[
    str,
    StringConstraints(pattern=ID_PATTERN, max_length=LONGEST_ID),
    Field(description="`<source>:<native id>`, e.g. `reddit:1fymy0`; known already or not."),
]
Tag = Annotated[
    str,
    StringConstraints(pattern=TAG_PATTERN),
    AfterValidator(_free),
    Field(description="1 to 50 letters, digits, `-`, `_`, `.`; not `suggest` or `rules`."),
]
Name = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f]{1,200}$")]
Source = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,31}$")]
Word = Annotated[str, StringConstraints(min_length=1, max_length=50), AfterValidator(_one_word)]


class PostTagPath(InputModel):
    """Which tag of which post."""

    post: PostId
    tag: Tag


class TagPath(InputModel):
    """Which tag."""

    tag: Tag


class PostPath(InputModel):
    """Which post."""

    post: PostId


class TagsQuery(CursorQuery):
    """What can be asked of the list of my tags."""

    post: PostId | None = Field(None, description="Only the tags that I gave to this post.")


class SuggestQuery(QueryModel):
    """How many suggestions."""

    limit: int = Field(3, ge=1, le=20, description="Suggestions at most.")


class When(InputModel):
    """What a rule asks of a post: all that is given must hold, and something must be given."""

    model_config = ConfigDict(strict=True)

    subreddit: Name | None = Field(None, description="Its subreddit, in upper or lower case.")
    author: Name | None = Field(None, description="Its author, in upper or lower case.")
    source: Source | None = Field(None, description="Where it is from, e.g. `reddit` or `hn`.")
    words: list[Word] | None = Field(
        None, min_length=1, max_length=20, description="Words that are all in its title or text."
    )

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.model_dump(exclude_none=True):
            raise ValueError("give at least one of subreddit, author, source, words")
        return self


class Rule(InputModel):
    """New posts like this get the tag."""

    model_config = ConfigDict(strict=True)

    tag: Tag
    when: When


class TagLine(InputModel):
    """A line of a batch: who gave which post which tag, and when; or a rule, with `when`."""

    model_config = ConfigDict(strict=True)

    user: Subject
    post: PostId | None = None
    value: Tag
    when: When | None = None
    at: PastMoment | None = None
    by: By = "user"

    @model_validator(mode="after")
    def _tags_or_rules(self) -> Self:
        if (self.post is None) == (self.when is None):
            raise PydanticCustomError("one_of_two", "a line has a post, or is a rule with when")
        return self

    def rule(self) -> dict[str, Any]:
        """A rule as it is kept."""
        when = self.when.model_dump(exclude_none=True) if self.when else {}
        return {"tag": self.value, "when": when}


class Rules(InputModel):
    """All my rules."""

    model_config = ConfigDict(strict=True)

    rules: list[Rule] = Field(max_length=MOST_RULES)

    def stored(self) -> list[dict[str, Any]]:
        """As they are kept, without what is not given."""
        return [rule.model_dump(exclude_none=True) for rule in self.rules]


class RulesAnswer(BaseModel):
    """All my rules, as they were given."""

    rules: list[Rule]
    links: dict[str, Any] = Field(alias="_links")


class TagAnswer(BaseModel):
    """A tag of a post: who gave it (`rule`: one of my rules), and when."""

    post: str
    tag: str
    at: datetime
    by: By


class MyTag(BaseModel):
    """One of my tags, spelled as I typed it first, and how many posts have it."""

    tag: str
    count: int


class TagPage(BaseModel):
    """My tags, those on the most posts first."""

    items: list[MyTag]
    next_cursor: str | None
    links: dict[str, Any] = Field(alias="_links")


class PostPage(BaseModel):
    """The posts that have one of my tags, newest tagging first."""

    items: list[TagAnswer]
    next_cursor: str | None
    links: dict[str, Any] = Field(alias="_links")


class SuggestionAnswer(BaseModel):
    """One of my tags that fits; `score` is in 0..1, `reason` is for a person to read."""

    tag: str
    score: float
    reason: str


class SuggestionPage(BaseModel):
    """My tags that fit best, best first; empty until I have tagged something."""

    items: list[SuggestionAnswer]
    next_cursor: None
    links: dict[str, Any] = Field(alias="_links")
