use crate::workload::Workload;

pub fn workloads() -> Vec<Box<dyn Workload>> {
    Vec::new()
}
