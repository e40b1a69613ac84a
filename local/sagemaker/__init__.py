"""SageMaker on one machine: the part of its API that this project uses, over real containers run as processes.

The local AWS (ministack) has S3, SNS, SQS, Lambda and EventBridge's rules but no SageMaker. This emulator keeps models,
endpoint configs and endpoints, takes asynchronous invocations, posts them to the containers and tells the result
through S3 and SNS. It plays Application Auto Scaling and CloudWatch's alarms too: endpoints go from zero instances to
many and back, on a clock that runs SAGEMAKER_EMULATOR_SPEEDUP times faster than AWS's.

It refuses what a new AWS account is refused: more than 4 instances of one type (GPU or not) over all endpoints, and
any of ml.p*, with ResourceLimitExceeded. And ml.g5.48xlarge can never be had: its endpoints fail for lack of capacity.
"""
