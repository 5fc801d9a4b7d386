"""Puts the program and its manual pages into the wheel, and names the platforms that run it."""

import os
from pathlib import Path

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class Program(BuildHookInterface):
    def initialize(self, version, build_data):
        program = Path(os.environ["PODSLATE_WHEEL_PROGRAM"])
        build_data["pure_python"] = False
        build_data["tag"] = "py3-none-" + os.environ["PODSLATE_WHEEL_PLATFORMS"]
        build_data["shared_scripts"][str(program)] = program.name
