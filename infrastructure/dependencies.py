"""The layer with the functions' third-party code, built on the machine that deploys: no container engine needed."""

import hashlib
from pathlib import Path
from typing import Any

import jsii
from aws_cdk import AssetHashType, BundlingOptions, DockerImage, ILocalBundling
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infrastructure.config import Config
from layers.dependencies import build

_FOLDER = Path(build.__file__).parent


@jsii.implements(ILocalBundling)
class _Build:
    def __init__(self, config: Config) -> None:
        self._config = config

    def try_bundle(self, output_dir: str, *_: Any, **__: Any) -> bool:
        build.build(Path(output_dir), self._config.python, self._config.architecture)
        return True


class Dependencies(lambda_.LayerVersion):
    def __init__(self, scope: Construct, id: str, config: Config) -> None:
        sources = [path.read_text() for path in sorted(_FOLDER.iterdir()) if path.is_file()]
        made_of = "\n".join([*sources, config.python, config.architecture])
        bundling = BundlingOptions(image=DockerImage.from_registry("not-used"), local=_Build(config))
        super().__init__(
            scope,
            id,
            code=lambda_.Code.from_asset(
                str(_FOLDER),
                asset_hash=hashlib.sha256(made_of.encode()).hexdigest(),
                asset_hash_type=AssetHashType.CUSTOM,
                bundling=bundling,
            ),
            compatible_runtimes=[runtime(config)],
            compatible_architectures=[architecture(config)],
        )


def runtime(config: Config) -> lambda_.Runtime:
    return lambda_.Runtime(f"python{config.python}", lambda_.RuntimeFamily.PYTHON)


def architecture(config: Config) -> lambda_.Architecture:
    return lambda_.Architecture.ARM_64 if config.architecture == "aarch64" else lambda_.Architecture.X86_64
