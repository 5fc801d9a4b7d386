"""A server that speaks S3 (moto, which checks signatures as AWS does) and a client of it (boto3),
neither of which shares code with the program under test.

    s3.py serve                          print a JSON line and serve until standard input ends
    s3.py download URL BUCKET PREFIX FOLDER    download objects into a folder
    s3.py list URL BUCKET PREFIX               print objects as JSON: key to size, time and tag
    s3.py uploads URL BUCKET PREFIX            print incomplete multipart uploads
    s3.py put URL BUCKET KEY TEXT              put an object
"""

import json
import pathlib
import sys
import urllib.request

import boto3
from botocore.config import Config

BUCKET = "volume1"


def client(service, url, **key):
    config = Config(s3={"addressing_style": "path"}, retries={"max_attempts": 1})
    return boto3.client(service, endpoint_url=url, region_name="us-east-1", config=config, **key)


def serve():
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    unsigned = {"aws_access_key_id": "setup", "aws_secret_access_key": "setup"}
    iam = client("iam", url, **unsigned)
    iam.create_user(UserName="pod")
    everything = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [everything]})
    iam.put_user_policy(UserName="pod", PolicyName="s3", PolicyDocument=policy)
    key = iam.create_access_key(UserName="pod")["AccessKey"]
    client("s3", url, **unsigned).create_bucket(Bucket=BUCKET)
    # Now every request has to be signed.
    plain = {"Content-Type": "text/plain"}
    reset = urllib.request.Request(f"{url}/moto-api/reset-auth", data=b"0", headers=plain)
    urllib.request.urlopen(reset).read()
    address = {"url": url, "bucket": BUCKET, "key": key["AccessKeyId"], "secret": key["SecretAccessKey"]}
    print(json.dumps(address), flush=True)
    sys.stdin.read()
    server.stop()


def objects(s3, bucket, prefix):
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        yield from page.get("Contents", [])


def download(url, bucket, prefix, folder):
    s3 = client("s3", url)
    for found in objects(s3, bucket, prefix):
        path = pathlib.Path(folder, found["Key"].removeprefix(prefix))
        if found["Key"].endswith("/"):
            path.mkdir(parents=True, exist_ok=True)
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(s3.get_object(Bucket=bucket, Key=found["Key"])["Body"].read())


def show(url, bucket, prefix):
    print(json.dumps({
        found["Key"].removeprefix(prefix): {
            "size": found["Size"],
            "time": found["LastModified"].isoformat(),
            "tag": found["ETag"].strip('"'),
        }
        for found in objects(client("s3", url), bucket, prefix)
    }))


def uploads(url, bucket, prefix):
    found = client("s3", url).list_multipart_uploads(Bucket=bucket).get("Uploads", [])
    keys = [upload["Key"] for upload in found]
    print(json.dumps([key.removeprefix(prefix) for key in keys if key.startswith(prefix)]))


def put(url, bucket, key, text):
    client("s3", url).put_object(Bucket=bucket, Key=key, Body=text.encode())


commands = {"serve": serve, "download": download, "list": show, "uploads": uploads, "put": put}
commands[sys.argv[1]](*sys.argv[2:])
