"""Types of services that run code and hold images: Lambda, ECR."""
