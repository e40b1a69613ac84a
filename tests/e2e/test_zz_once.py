import json
from tests.e2e.test_smoke import *
from tests.e2e.conftest import cloud
def test_once(cloud, tmp_path):
    (fields.EXPECTED/"endpoint-event.json").write_text(json.dumps(emulated_event(cloud), indent=2)+"\n")
