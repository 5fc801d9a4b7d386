"""The workstation's client as existing tools have it, run against a server: URL is argv[1]."""
import sys

import requests


class PodClient:
    def __init__(self, base_url):
        self.base_url = base_url

    def create_project(self, project_name):
        response = requests.post(
            f"{self.base_url}/api/projects/create",
            json={"project_name": project_name}
        )
        return response.json()

    def list_projects(self):
        response = requests.get(f"{self.base_url}/api/projects/list")
        return response.json()


pod = PodClient(sys.argv[1].rstrip("/"))
result = pod.create_project("MyCharacter")
print(f"Created: {result['project_path']}")
print(pod.list_projects())

response = requests.post(
    f"{pod.base_url}/rename",
    json={
        "old_name": "MyCharacter",
        "new_name": "Hero"
    }
)
if response.ok:
    print("Project renamed to Hero")
print(pod.list_projects())
print(requests.post(f"{pod.base_url}/api/projects/create", json={}).status_code)
