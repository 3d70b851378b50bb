"""The commands that run a model: for each engine that loads it today, with the flags it needs."""

from hearthub.fit.commands.commands import ENGINES, commands, refusals
from hearthub.fit.commands.subject import Command, Setting, Subject

__all__ = ["ENGINES", "Command", "Setting", "Subject", "commands", "refusals"]
