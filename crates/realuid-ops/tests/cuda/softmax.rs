use realuid_ops::softmax;

use crate::support::{compare, normal};

#[test]
fn softmax_is_that_of_the_cpu() {
    for shape in [&[1][..], &[5, 2], &[3, 4, 33], &[70, 100], &[2, 1024], &[3, 1025], &[2, 2500]] {
        let scores = (normal("x", shape) * 3.0).unwrap();
        compare(&[scores], &[], |x, _, _| softmax(x));
    }
}
