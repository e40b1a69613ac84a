"""The AWS calls of one order with boto3 alone."""

import boto3

dynamodb = boto3.client("dynamodb")
dynamodb.batch_get_item(
    RequestItems={
        "endpoints": {"Keys": [{"collection": {"S": "endpoints"}, "name": {"S": "goc-dev-one"}}]},
        "models": {"Keys": [{"collection": {"S": "models"}, "id": {"S": "checkpoint/tiny"}}]},
    }
)
dynamodb.put_item(TableName="jobs", Item={"owner": {"S": "alice"}, "id": {"S": "0"}, "status": {"S": "queued"}})
boto3.client("sagemaker-runtime").invoke_endpoint_async(
    EndpointName="goc-dev-one", ContentType="application/json", Body=b'{"prompt": "a cute dog"}'
)
