"""The API server of the integration guide: `service.py WORKSPACE [--sync]`.

It prints its address, as podslate does. gunicorn runs it in one process for each processor, which is
the fastest of the usual ways.
"""

import os
import sys
from pathlib import Path

from flask import Flask, jsonify, request
from gunicorn.app.base import BaseApplication

from project_init import init_project_with_name, load_layout, rename_project

app = Flask(__name__)
workspace = Path(sys.argv[1])
is_synced = "--sync" in sys.argv
layout = load_layout()


@app.route("/health", methods=["GET"])
def health():
    return jsonify({"status": "healthy"})


@app.route("/api/projects/create", methods=["POST"])
def create_project():
    project_name = request.json.get("project_name")
    if not project_name:
        return jsonify({"error": "project_name required"}), 400
    project_root = init_project_with_name(workspace, project_name, layout, is_synced)
    if project_root is None:
        return jsonify({"error": "Invalid project name"}), 400
    return jsonify(
        {
            "status": "success",
            "project_name": project_name,
            "project_path": str(project_root),
        }
    )


@app.route("/api/projects/list", methods=["GET"])
def list_projects():
    projects = [d.name for d in workspace.iterdir() if d.is_dir()]
    return jsonify({"projects": projects})


@app.route("/rename", methods=["POST"])
def rename():
    body = request.json
    project_root = rename_project(workspace, body.get("old_name", ""), body.get("new_name", ""))
    if project_root is None:
        return jsonify({"error": "Invalid project name"}), 400
    return jsonify({"status": "success", "project_path": str(project_root)})


class Service(BaseApplication):
    def load_config(self):
        self.cfg.set("bind", "127.0.0.1:0")
        self.cfg.set("workers", len(os.sched_getaffinity(0)))
        self.cfg.set("worker_class", "gthread")
        self.cfg.set("threads", 4)
        self.cfg.set("loglevel", "error")
        self.cfg.set("when_ready", print_address)

    def load(self):
        return app


def print_address(arbiter):
    host, port = arbiter.LISTENERS[0].sock.getsockname()
    print(f"http://{host}:{port}/", flush=True)


if __name__ == "__main__":
    Service().run()
