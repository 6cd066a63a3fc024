"""What all faults of messages have in common: which of the messages that fit are hit, and the rule that a fault becomes."""

from __future__ import annotations

from collections.abc import Collection

from pydantic import Field, model_validator

from simulator.faults.kinds import FaultParams, RuleUndo, World
from simulator.files.units import Share
from simulator.kernel.wire import Choice, Fate, Network, Rule

__all__ = ["OnMessages", "strike_rule"]


class OnMessages(FaultParams):
    """Of the messages that fit, all are hit unless this says otherwise."""

    nth: int | None = Field(default=None, ge=1)
    """Only the nth message that fits, from 1."""
    after: int = Field(default=0, ge=0)
    """So many that fit pass first."""
    times: int | None = Field(default=None, ge=1)
    """Then so many are hit at most."""
    share: Share = 1.0
    """Of what fits, this share is hit, by chance."""

    @model_validator(mode="after")
    def _one_way_to_count(self) -> OnMessages:
        if self.nth is not None and (self.after or self.times is not None):
            raise ValueError("say `nth`, or `after` and `times`, not both")
        return self

    @property
    def skipped(self) -> int:
        """How many that fit pass first."""
        return self.after if self.nth is None else self.nth - 1

    @property
    def most(self) -> int | None:
        """How many are hit then; None: all."""
        return self.times if self.nth is None else 1

    def choice(
        self,
        network: Network,
        *,
        receivers: Collection[str] | None = None,
        what: str | None = None,
        also: str | None = None,
        sender: str | None = None,
    ) -> Choice:
        """These messages, as many of them as the parameters say."""
        return Choice(
            network,
            receivers,
            what,
            also,
            sender,
            self.skipped,
            self.most,
            self.share,
        )


def strike_rule(world: World, choice: Choice, fate: Fate) -> RuleUndo:
    """From now on, this becomes of these messages."""
    rule = Rule(choice, fate)
    world.wire.add(rule)
    return RuleUndo(lambda: world.wire.remove(rule), lambda: rule.hits)
