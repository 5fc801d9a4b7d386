"""Creates the folders and the configuration of a 3D project: the script of the integration guide.

The counterpart of podslate in the measurements, written as the guide's text describes it.
"""

import argparse
import json
import os
import re
import sys
from pathlib import Path

LAYOUT = Path(__file__).resolve().parents[2] / "shared/layouts/character-project.json"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 _-]{0,63}")


def load_layout():
    return json.loads(LAYOUT.read_text(encoding="utf-8"))


def init_project_with_name(workspace, project_name, layout=None, is_synced=False):
    """Creates a project and returns its folder, or None if its name is not valid.

    The guide's script leaves it to the system when the files reach the disk; podslate does not.
    """
    if not NAME.fullmatch(project_name):
        return None
    layout = layout or load_layout()
    project_root = Path(workspace) / project_name
    for directory in layout["directories"]:
        (project_root / directory).mkdir(parents=True, exist_ok=True)
    for path, content in layout["files"].items():
        file = project_root / path
        if not file.exists():
            config = {**content, "project_name": project_name}
            file.write_text(json.dumps(config, indent=2), encoding="utf-8")
            if is_synced:
                sync(file)
    if is_synced:
        sync(workspace)
    return project_root


def sync(path):
    """Waits until a file or folder is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)


def rename_project(workspace, old_name, new_name):
    """Renames a project and returns its folder, or None if that is not possible."""
    old, new = Path(workspace) / old_name, Path(workspace) / new_name
    if not NAME.fullmatch(new_name) or not old.is_dir() or new.exists():
        return None
    old.rename(new)
    file = new / "pipeline/config.json"
    config = json.loads(file.read_text(encoding="utf-8"))
    config["project_name"] = new_name
    file.write_text(json.dumps(config, indent=2), encoding="utf-8")
    return new


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workspace", default=".")
    action = parser.add_mutually_exclusive_group(required=True)
    action.add_argument("--project", metavar="NAME")
    action.add_argument("--from-env", action="store_true", help="take the name from PROJECT_NAME")
    action.add_argument("--rename", nargs=2, metavar=("OLD", "NEW"))
    options = parser.parse_args()
    if options.rename:
        project_root = rename_project(options.workspace, *options.rename)
    else:
        name = os.environ.get("PROJECT_NAME", "") if options.from_env else options.project
        project_root = init_project_with_name(options.workspace, name)
    if project_root is None:
        sys.exit("Invalid project name")
    print(project_root)


if __name__ == "__main__":
    main()
