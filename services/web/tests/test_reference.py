import pytest

from reddit_reco_web.documents import Documents
from reddit_reco_web.openapi import reference

TEXT = {"schema": {"type": "string", "maxLength": 1000}}
DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "search", "version": "9.8.7", "description": "Find <posts> by `q`."},
    "paths": {
        "/api/v1/search": {
            "get": {
                "summary": "Posts by words.",
                "description": "<br/>One<br/>paragraph.<br/><br/>Another, with `code`.",
                "security": [{}, {"bearer": []}],
                "parameters": [
                    {"name": "q", "in": "query", "required": True, "description": "Words.", **TEXT},
                    {
                        "name": "sort",
                        "in": "query",
                        "schema": {"enum": ["new", "top"], "type": "string", "default": "new"},
                    },
                    {
                        "name": "limit",
                        "in": "query",
                        "schema": {"type": "integer", "minimum": 1, "maximum": 100},
                    },
                    {
                        "name": "id",
                        "in": "query",
                        "schema": {"type": "string", "pattern": "^<a>$"},
                    },
                ],
                "responses": {
                    "200": {
                        "description": "OK",
                        "content": {
                            "application/json": {"schema": {"$ref": "#/components/schemas/Page"}}
                        },
                    },
                    "410": {"description": "It is gone."},
                    "4XX": {"description": "A problem."},
                },
            }
        },
        "/api/v1/search/{id}": {
            "put": {
                "summary": "Write.",
                "security": [{"bearer": ["posts:write"]}],
                "requestBody": {
                    "content": {
                        "application/json": {"schema": {"$ref": "#/components/schemas/Item"}}
                    }
                },
                "responses": {"204": {"description": "Done."}},
            }
        },
    },
    "components": {
        "schemas": {
            "Page": {
                "type": "object",
                "required": ["items"],
                "properties": {
                    "items": {"type": "array", "items": {"$ref": "#/components/schemas/Item"}},
                    "next_cursor": {"anyOf": [{"type": "string"}, {"type": "null"}]},
                },
            },
            "Item": {"type": "object", "properties": {"at": {"format": "date-time"}}},
        }
    },
}


def words(element):
    return " ".join(element.text_content().split())


@pytest.fixture
def documented(search_verb):
    search_verb.app.add_url_rule("/openapi.json", "document", lambda: DOCUMENT)
    return search_verb


@pytest.fixture
def client(make_client, documented, posts_verb):
    return make_client(search_url=documented.url, posts_url=posts_verb.url)


def test_the_overview_lists_every_operation_and_leads_to_it(client, see):
    page = see(client, "/reference")
    [first, second] = page.cssselect(".operations li")
    assert words(first) == "GET /api/v1/search Posts by words."
    target, _, anchor = second.cssselect("a")[0].get("href").partition("#")
    assert see(client, target).cssselect(f"#{anchor}")[0].text_content() == (
        "PUT /api/v1/search/{id}"
    )


def test_a_service_without_a_document_is_named_and_the_rest_is_there(client, see):
    response = client.get("/reference")
    assert response.headers["Degraded"] == "posts"
    page = see(client, "/reference")
    assert "“posts” does not answer" in page.cssselect(".note")[0].text_content()
    assert page.cssselect("h2#search")


def test_an_operation_says_what_it_takes_and_gives(client, see):
    page = see(client, "/reference/search")
    section = page.cssselect("section[aria-labelledby=get-search]")[0]
    said = [words(row) for row in section.cssselect(".fields div")]
    assert said == [
        "q required string in the query; at most 1000 charactersWords.",
        'sort "new" or "top" in the query; "new" if not given',
        "limit integer in the query; 1 to 100",
        "id string in the query; like ^<a>$",
        "200 OKapplication/json: Page",
        "410 It is gone.",
        "4XX A problem.",
    ]
    paragraphs = [words(each) for each in section.cssselect("p")]
    assert paragraphs[:3] == ["Posts by words.", "One paragraph.", "Another, with code."]
    assert "No token needed" in words(section.cssselect(".needs")[0])


def test_bodies_lead_to_their_schemas_and_these_to_theirs(client, see):
    page = see(client, "/reference/search")
    section = page.cssselect("section[aria-labelledby^=put-search]")[0]
    assert section.cssselect("p code a")[0].get("href") == "#schema-Item"
    assert "posts:write" in words(section.cssselect(".needs")[0])
    rows = page.cssselect("section[aria-labelledby=schema-Page] .fields div")
    assert [words(row) for row in rows] == [
        "items list of Item",
        "next_cursor string or null",
    ]
    targets = {link.get("href")[1:] for link in page.cssselect('.text a[href^="#"]')}
    assert targets <= {each.get("id") for each in page.cssselect("[id]")}


def test_what_a_document_says_is_escaped(client, see):
    assert words(see(client, "/reference/search").cssselect(".text > p")[0]) == (
        "Find <posts> by q."
    )


def test_the_document_itself_can_be_had_through_web(client):
    assert client.get("/reference/search.json").get_json() == DOCUMENT


def test_a_service_that_is_away_or_unknown_has_an_error_page(client, see):
    assert "“posts” does not answer" in see(client, "/reference/posts", 503).text_content()
    see(client, "/reference/nobody", 404)
    assert client.get("/reference/posts.json").status_code == 503


def test_documents_are_asked_for_once_in_some_minutes(client, documented):
    for path in ("/reference", "/reference", "/reference/search"):
        client.get(path)
    assert documented.asked.count("/openapi.json") == 1


def test_an_old_document_stays_while_its_service_is_away():
    clock = [0.0]
    given = [DOCUMENT, None, {**DOCUMENT, "info": {"title": "new", "version": "2"}}]
    documents = Documents(10, lambda: clock[0])

    def ask(*calls):
        return [Answered(call.verb, given.pop(0)) for call in calls]

    def title():
        found, missing = documents.of(["search"], ask)
        assert not missing
        return found["search"].reference.title

    assert title() == "search"
    clock[0] = 20
    assert title() == "search"
    assert title() == "new"
    assert title() == "new"


class Answered:
    def __init__(self, verb, body):
        self.verb, self.body, self.ok = verb, body, body is not None


@pytest.mark.parametrize(
    "odd",
    [None, [], "x", {}, {"info": {}}, {**DOCUMENT, "paths": [1]}, {**DOCUMENT, "x-problems": [1]}],
)
def test_what_is_no_document_is_none(odd):
    assert reference(odd) is None


def test_the_footer_leads_to_the_reference(client, see):
    links = [link.get("href") for link in see(client, "/").cssselect("footer.bottom a")]
    assert "/reference" in links


def stating(verb, *types):
    found = [
        {
            "type": f"urn:reddit-reco:problem:{code}",
            "title": code,
            "status": status,
            "description": about,
        }
        for status, code, about in types
    ]
    return {**DOCUMENT, "info": {**DOCUMENT["info"], "title": verb}, "x-problems": found}


COMMON = (400, "invalid-input", "Correct what `errors` names.")


@pytest.fixture
def stated(make_client, search_verb, posts_verb):
    own = {
        search_verb: stating("search", COMMON, (503, "busy", "Too many searches.")),
        posts_verb: stating("posts", COMMON, (410, "gone", "Deleted."), (503, "busy", "Later.")),
    }
    for verb, document in own.items():
        verb.app.add_url_rule("/openapi.json", "document", lambda found=document: found)
    return make_client(search_url=search_verb.url, posts_url=posts_verb.url)


def test_the_overview_says_of_every_type_of_problem_who_answers_it_and_what_it_means(stated, see):
    page = see(stated, "/reference")
    rows = page.cssselect("#problems ~ dl > div")
    assert [words(row) for row in rows] == [
        "invalid-input400 from every serviceCorrect what errors names.",
        "gone410 from postsDeleted.",
        "busy503 from postsLater.",
        "busy503 from searchToo many searches.",
    ]
    ids = [place.get("id") for place in page.cssselect("[id^=problem-]")]
    assert ids == ["problem-invalid-input", "problem-gone", "problem-busy"]


def test_a_services_page_has_its_own_types_of_problems_and_answers_lead_there(stated, see):
    page = see(stated, "/reference/posts")
    rows = page.cssselect("#problems ~ dl > div")
    assert [words(row) for row in rows] == [
        "invalid-input 400Correct what errors names.",
        "gone 410Deleted.",
        "busy 503Later.",
    ]
    answer = page.cssselect("section .fields div:last-child dd a")[0]
    assert answer.get("href") == "#problems"


def test_a_service_that_states_no_types_of_problems_is_shown_all_the_same(client, see):
    page = see(client, "/reference/search")
    assert not page.cssselect("#problems")
    answer = page.cssselect("section .fields div:last-child dd a")[0]
    assert answer.get("href") == "/reference#problems"
