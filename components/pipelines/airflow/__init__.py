"""Airflow 3: its servers, its login, a pod for each task, and a DAG for each step."""
