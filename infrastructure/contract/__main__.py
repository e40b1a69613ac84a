"""Writes the contract where the service's function reads it."""

import json

from infrastructure.contract.document import document
from lambdas.service.routes import CONTRACT

CONTRACT.write_text(json.dumps(document(), indent=1, ensure_ascii=False) + "\n")
