"""What an instance costs, so that nobody has to look it up before they start one."""

# As of October 2025: list prices of real-time and asynchronous inference in us-east-1, USD an hour, on demand, as
# https://aws.amazon.com/sagemaker/ai/pricing/ had them then, written down without the page at hand: an order of
# magnitude, not a bill. Other regions differ by some tens of percent. ml.g6e is missing: its published prices
# contradict each other, and none of them is AWS's own with a date.
HOURLY_USD = {
    "ml.g4dn.xlarge": 0.736,
    "ml.g4dn.2xlarge": 0.94,
    "ml.g4dn.4xlarge": 1.505,
    "ml.g4dn.8xlarge": 2.72,
    "ml.g4dn.12xlarge": 4.89,
    "ml.g4dn.16xlarge": 5.44,
    "ml.g5.xlarge": 1.408,
    "ml.g5.2xlarge": 1.515,
    "ml.g5.4xlarge": 2.03,
    "ml.g5.8xlarge": 3.06,
    "ml.g5.12xlarge": 7.09,
    "ml.g5.16xlarge": 5.12,
    "ml.g5.24xlarge": 10.18,
    "ml.g5.48xlarge": 20.36,
    "ml.g6.xlarge": 1.127,
    "ml.g6.2xlarge": 1.222,
    "ml.g6.4xlarge": 1.654,
    "ml.g6.8xlarge": 2.518,
}


def hourly_usd(instance_type: str | None) -> float | None:
    return HOURLY_USD.get(instance_type or "")
