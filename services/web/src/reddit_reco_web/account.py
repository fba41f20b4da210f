"""Signing up, in and out; the account, and its end."""

from flask import Blueprint, Response, redirect, request, url_for

from . import answers, csrf, notices, sessions
from .asking import ask, page, settings, way_back
from .backends import Answer, Call, Deadline
from .guards import not_now, signed_in

account = Blueprint("account", __name__)
_AWAY = "The service “login” does not answer right now. Try again in a moment."


@account.get("/sign-in")
def sign_in() -> Response:
    """The form for signing in."""
    return _form("sign_in.html")


@account.post("/sign-in")
def signing_in() -> Response:
    """Sign in, and go where the reader came from."""
    csrf.check()
    name, password = _given()
    answer = sessions.sign_in(name, password, Deadline(settings().sign_in_seconds))
    if not answer.ok:
        return _form("sign_in.html", answer, name)
    return redirect(_way(), 303)  # type: ignore[return-value]


@account.get("/sign-up")
def sign_up() -> Response:
    """The form for a new account."""
    return _form("sign_up.html")


@account.post("/sign-up")
def signing_up() -> Response:
    """Make the account, and sign in."""
    csrf.check()
    name, password = _given()
    end = Deadline(settings().sign_in_seconds)
    answer = sessions.sign_up(name, password, end)
    if not answer.ok:
        return _form("sign_up.html", answer, name)
    if not sessions.sign_in(name, password, end).ok:
        notices.leave("account")
        return redirect(url_for("account.sign_in", next=_way()), 303)  # type: ignore[return-value]
    notices.leave("welcome")
    return redirect(_way(), 303)  # type: ignore[return-value]


@account.post("/sign-out")
def sign_out() -> Response:
    """End this session, or all of this user."""
    csrf.check()
    everywhere = {"all": "true"} if request.form.get("all") else {}
    known = not sessions.unrenewed()
    if sessions.user() is not None:
        [answer] = ask(Call("login", "/api/v1/sessions", everywhere, method="DELETE"))
        # 401: the sessions have ended already.
        known = answer.ok or answer.status == 401
    if everywhere and not known:
        return not_now()
    sessions.forget()
    notices.leave("signed-out" if known else "signed-out-here")
    return redirect(way_back(None), 303)  # type: ignore[return-value]


@account.get("/account")
@signed_in
def mine() -> Response:
    """Whose account this is, and how to end it."""
    return _account()


@account.post("/account/erase")
@signed_in
def erase() -> Response:
    """Erase the account and everything that was kept of it, once its name is typed."""
    csrf.check()
    user = sessions.user()
    if user is None or request.form.get("name", "").strip().lower() != user.name.lower():
        return _account("Type your name exactly, to be sure that you mean it.", 400)
    [answer] = ask(Call("login", "/api/v1/me", method="DELETE"))
    # 404: it was erased before, by another tab.
    if not answer.ok and answer.status != 404:
        return _account(_AWAY if answer.missing else answer.detail, 503)
    sessions.forget()
    notices.leave("erased")
    return redirect(way_back(None), 303)  # type: ignore[return-value]


def _account(fault: str = "", status: int = 200) -> Response:
    [answer] = ask(Call("login", "/api/v1/me"))
    given = answers.account(answer.body if answer.ok else None)
    return page("account.html", {"login": answer}, status=status, fault=fault, this_account=given)


def _form(template: str, answer: Answer | None = None, name: str = "") -> Response:
    fault, status = _fault(answer) if answer else ("", 200)
    response = page(
        template, {}, status=status, fault=fault, field=_field(answer), username=name, way=_way()
    )
    if answer is not None and answer.status == 429 and answer.retry_after:
        response.headers["Retry-After"] = answer.retry_after
    return response


def _fault(answer: Answer) -> tuple[str, int]:
    """What went wrong, for a person, and the status to say it with."""
    if answer.status in (400, 401, 409, 429) and answer.detail:
        return _sentence(answer), answer.status if answer.status != 401 else 403
    return _AWAY, 503


def _sentence(answer: Answer) -> str:
    """The refusal, without the name of the field, beside which it is shown."""
    said = answer.detail.removeprefix(f"{_field(answer)}: ")
    return f"{said[:1].upper()}{said[1:].removesuffix('.')}."


def _field(answer: Answer | None) -> str:
    """The field at fault, if the service named one."""
    errors = answer.body.get("errors") if answer and isinstance(answer.body, dict) else None
    first = errors[0] if isinstance(errors, list) and errors else None
    return str(first.get("field", "")) if isinstance(first, dict) else ""


def _given() -> tuple[str, str]:
    return request.form.get("username", "").strip(), request.form.get("password", "")


def _way() -> str:
    return way_back(request.values.get("next"))
