"""Starts the API of MLRun 1.5, whose first look at its database leaves out the password.

That look takes the DSN apart by a pattern that knows users without passwords only. Later releases have it right.
"""

import functools
import os
import runpy

import pymysql
import sqlalchemy.engine
from mlrun.api.utils.db.mysql import MySQLUtil

url = sqlalchemy.engine.make_url(os.environ[MySQLUtil.dsn_env_var])
parts = {"username": url.username, "host": url.host, "port": url.port, "database": url.database}
MySQLUtil.get_mysql_dsn_data = staticmethod(lambda: parts)
pymysql.connect = functools.partial(pymysql.connect, password=url.password)

runpy.run_module("mlrun.api.main", run_name="__main__")
