"""The HTTP server under moto's application, in which no slow client occupies a thread.

web_server.py   cheroot, with what moto expects of a server
connections.py  connections that wait without a thread
arriving.py     their bytes, taken as whole requests
http_heads.py   heads of requests and answers, in half of cheroot's time
"""
