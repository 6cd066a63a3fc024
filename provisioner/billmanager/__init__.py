"""What BILLmanager itself knows, whatever panel a service is on: data centers, processing modules, tariffs, departments
with their tasks, orders with their payment, and the operations that it tries again until they are done or staff's.
"""
