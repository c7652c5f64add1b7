def workloads():
    return {}
