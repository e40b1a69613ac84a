"""AWS calls, counted where botocore makes them."""

AwsCalls = list[str]
