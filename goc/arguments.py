"""What may stand on the command line."""

from argparse import ArgumentParser
from collections.abc import Mapping
from pathlib import Path

TYPES = ("checkpoint", "lora", "textual_inversion", "hypernetwork", "controlnet", "vae", "detector")


def parser(environ: Mapping[str, str]) -> ArgumentParser:
    """What it reads has `command`, such as `models list`, beside the command's own arguments."""
    whole = ArgumentParser(prog="goc", description="Pictures and models of a Generate on Cloud deployment.")
    groups = whole.add_subparsers(required=True, metavar="COMMAND")
    connection = _connection(environ)

    models = groups.add_parser("models", help="upload, list, delete").add_subparsers(required=True, metavar="COMMAND")
    upload = models.add_parser("upload", parents=[connection], help="from a file, or straight from an address")
    _upload_arguments(upload)
    listing = models.add_parser("list", parents=[connection], help="what an endpoint can load")
    listing.add_argument("--type", choices=TYPES)
    listing.add_argument("--base", help="only models of this base")
    listing.add_argument("--name", help="only models whose name begins so")
    listing.set_defaults(command="models list")
    delete = models.add_parser("delete", parents=[connection], help="for good")
    delete.add_argument("type", choices=TYPES, metavar="TYPE", help=", ".join(TYPES))
    delete.add_argument("name", metavar="NAME")
    delete.add_argument("--force", action="store_true", help="although it is in use")
    delete.set_defaults(command="models delete")

    endpoints = groups.add_parser("endpoints", parents=[connection], help="those there are")
    endpoints.set_defaults(command="endpoints")
    jobs = groups.add_parser("jobs", help="list").add_subparsers(required=True, metavar="COMMAND")
    jobs.add_parser("list", parents=[connection], help="your newest").set_defaults(command="jobs list")
    _draw_arguments(groups.add_parser("draw", parents=[connection], help="order pictures, and wait for them"))
    return whole


def _connection(environ: Mapping[str, str]) -> ArgumentParser:
    common = ArgumentParser(add_help=False)
    common.add_argument("--api", default=environ.get("GOC_API"), help="the API's address (default: GOC_API)")
    common.add_argument("--key", default=environ.get("GOC_KEY"), help="an API key (default: GOC_KEY)")
    return common


def _upload_arguments(upload: ArgumentParser) -> None:
    upload.add_argument("source", metavar="FILE_OR_ADDRESS")
    upload.add_argument("--type", choices=TYPES, required=True)
    upload.add_argument("--name", metavar="NAME.safetensors", help="by default the file's own")
    upload.add_argument("--replace", action="store_true", help="the model that has this name already")
    upload.add_argument("--sha256", metavar="DIGITS", help="what the file's SHA-256 has to be")
    upload.set_defaults(command="models upload")


def _draw_arguments(draw: ArgumentParser) -> None:
    draw.add_argument("prompt")
    draw.add_argument("--endpoint", required=True)
    draw.add_argument("--checkpoint", required=True)
    draw.add_argument("--parameters", type=Path, metavar="FILE.json", help="the body that the WebUI's txt2img takes")
    draw.add_argument("--out", type=Path, default=Path(), metavar="FOLDER", help="for the pictures (default: here)")
    draw.set_defaults(command="draw")
