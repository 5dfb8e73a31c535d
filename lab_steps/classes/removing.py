"""Removing a class's labs: what they made, or, once someone has typed a yes, what students made by
hand."""

from __future__ import annotations

from lab_steps.classes.changing import AccountChange, ClassTask, of
from lab_steps.errors import ExitCode
from lab_steps.place.by_hand import ByHand, HandMade
from lab_steps.place.ownership import Thing, ownership
from lab_steps.place.teardown import Left, Teardown
from lab_steps.session import LabSession
from lab_steps.targets.consent import GROUP
from stacks.class_list import CLASS_STACK, Student

_PROVISIONED = f"StackSet-{CLASS_STACK}-"
"""The beginning of the names that CloudFormation gives to the stacks, and to things without a
name."""


def removal() -> ClassTask:
    """The task `down`: remove all that the labs made."""

    def intends(session: LabSession, student: Student) -> AccountChange:
        consent = session.guard().permit("class down", student.account)
        left = _teardown(session).left()
        return of(
            student,
            consent=consent,
            things=tuple(each.title for each in left.ours),
            others=_others(left),
            exit_code=Left((), left.others).exit_code,
        )

    def does(session: LabSession, intended: AccountChange) -> AccountChange:
        with session.changing("class down", intended.account):
            session.state.begin(session.deployment.parameters)
            left = _teardown(session).run()
        stays = {each.title for each in left.ours}
        return of(
            intended,
            things=tuple(each for each in intended.things if each not in stays),
            left=tuple(_with_removal(session, each) for each in left.ours),
            others=_others(left),
            exit_code=left.exit_code,
        )

    return ClassTask("down", "removes from", intends, does)


def removal_by_hand() -> ClassTask:
    """The task `down --by-hand`: remove in each account what was shown, and nothing else.

    It always asks: only the person's word proves whose a thing is.
    """
    verb = "class down --by-hand"

    def intends(session: LabSession, student: Student) -> AccountChange:
        consent = session.guard().permit(verb, student.account)
        return _told(of(student, consent=consent), _by_hand(session).found())

    def does(session: LabSession, intended: AccountChange) -> AccountChange:
        with session.changing(verb, intended.account):
            lab = _by_hand(session)
            agreed = {each.partition(", ")[0] for each in intended.things}
            found = lab.found()
            found = tuple(each for each in found if each.left_because or each.thing.title in agreed)
            lab.remove(found)
        return _told(intended, found)

    return ClassTask("down", "permanently removes from", intends, does, is_typed=True)


def _told(account: AccountChange, found: tuple[HandMade, ...]) -> AccountChange:
    kept = tuple(_title(each) for each in found if each.left_because)
    return of(
        account,
        consent=account.consent,
        things=tuple(_title(each) for each in found if not each.left_because),
        others=kept,
        exit_code=ExitCode.REFUSED if kept else ExitCode.PASSED,
    )


def _title(each: HandMade) -> str:
    return f"{each.thing.title}, {each.left_because or ownership(each.thing).reason}"


def _by_hand(session: LabSession) -> ByHand:
    names, other_content = session.deployment.names, session.lab.other_content
    return ByHand(session.target, names, session.look, other_content, session.progress.say)


def _teardown(session: LabSession) -> Teardown:
    names = session.deployment.names
    return Teardown(session.target, session.state, names, session.look, session.progress.say)


def _others(left: Left) -> tuple[str, ...]:
    """What is not the lab's own, and what else the tagging service lists, which for some minutes
    includes deleted things. Without what the class's own stack sets created: it is deleted with
    them."""
    marks = f":log-group:{GROUP}"
    tagged = (e for e in left.tagged if _PROVISIONED not in e and not e.endswith(marks))
    others = (each for each in left.others if not each.name.startswith(_PROVISIONED))
    return (
        *(f"{each.title}, {ownership(each).reason}" for each in others),
        *(f"{each}, which has the lab's tag" for each in tagged),
    )


def _with_removal(session: LabSession, thing: Thing) -> str:
    return f"{thing.title}; remove it with: {session.place.command(thing.removal)}"
