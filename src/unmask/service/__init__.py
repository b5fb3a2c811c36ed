"""What the service does, without HTTP and without Celery: routes and tasks call the same functions."""
