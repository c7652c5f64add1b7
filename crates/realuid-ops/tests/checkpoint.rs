//! Checkpointed bodies: the bits of plain ones, run again only where a gradient is wanted.

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use candle_core::{DType, Device, Tensor, Var};
use common::on_images;
use realuid_ops::{
    Conv2dConfig, Convolution, GroupNorm, RandomStream, Result, Tape, Value, add, checkpoint,
    concat, dropout, linear, linear_plus, on_tape, silu,
};
use realuid_testkit::{assert_gradients, formula_normal};

/// What is to be checkpointed, and a way to run it: checkpointed or not.
type Body = Box<dyn Fn(&[Value]) -> Result<Value> + Send>;
type Way = fn(&[&Value], Body) -> Result<Value>;

fn checkpointed(inputs: &[&Value], body: Body) -> Result<Value> {
    checkpoint(inputs, body)
}

#[expect(clippy::needless_pass_by_value, reason = "one type with the other ways")]
fn plain(inputs: &[&Value], body: Body) -> Result<Value> {
    body(&inputs.iter().map(|&input| input.clone()).collect::<Vec<_>>())
}

/// As [`checkpointed`], within two others.
fn nested(inputs: &[&Value], body: Body) -> Result<Value> {
    let body = Arc::new(std::sync::Mutex::new(body));
    checkpoint(inputs, move |inputs| {
        let body = body.clone();
        let inputs: Vec<&Value> = inputs.iter().collect();
        checkpoint(&inputs, move |inputs| {
            let body = body.clone();
            let inputs: Vec<&Value> = inputs.iter().collect();
            checkpoint(&inputs, move |inputs| (body.lock().unwrap())(inputs))
        })
    })
}

fn tensor(name: &str, shape: &[usize], dtype: DType) -> Tensor {
    formula_normal(name, shape).unwrap().to_dtype(dtype).unwrap()
}

/// Every element, exactly.
fn bits(tensor: &Tensor) -> Vec<u64> {
    let values = tensor.flatten_all().unwrap().to_dtype(DType::F64).unwrap();
    values.to_vec1::<f64>().unwrap().into_iter().map(f64::to_bits).collect()
}

/// h + w silu(w h + e), dropped at random.
fn residual(w: &Tensor, salt: u64) -> Body {
    let (w, mask) = (w.clone(), RandomStream::new(3, "mask", salt));
    Box::new(move |inputs| {
        let [h, e] = inputs else { panic!("two inputs") };
        let inner = silu(&linear_plus(h, &w, None, Some(e))?)?;
        linear_plus(&dropout(&inner, &mask, 0.3)?, &w, None, Some(h))
    })
}

/// Two residual bodies that share their weight w, which the tape uses too; h, the result of the one
/// and an input of the other, and e are used before, within and after them.
fn network(x: &Tensor, w: &Tensor, e: &Tensor, way: Way) -> Tensor {
    on_tape(x, |x| {
        let e = x.join(e)?;
        let first = linear(x, w, None)?;
        let h = way(&[&first, &e], residual(w, 0))?;
        let second = way(&[&h, &e], residual(w, 1))?;
        let h = add(&add(&second, &h)?, &add(&first, &silu(&e)?)?)?;
        linear(&silu(&h)?, w, None)
    })
    .unwrap()
}

/// The result of `network`, and the gradients of its arguments that are variables.
fn result_and_gradients([x, w, e]: [&Tensor; 3], way: Way) -> Vec<Option<Vec<u64>>> {
    let y = network(x, w, e, way);
    let gradients = y.sqr().unwrap().sum_all().unwrap().backward().unwrap();
    let found = [x, w, e].map(|tensor| gradients.get(tensor).map(bits));
    std::iter::once(Some(bits(&y))).chain(found).collect()
}

#[test]
fn results_and_gradients_have_the_bits_of_plain_ones() {
    for dtype in [DType::F32, DType::F64] {
        let shapes = [("x", [7, 9]), ("w", [9, 9]), ("e", [7, 9])];
        let constants = shapes.map(|(name, shape)| tensor(name, &shape, dtype));
        let variables = constants.each_ref().map(|x| Var::from_tensor(x).unwrap());
        // Which of x, w and e are trainable; only x: as in a frozen network.
        for trainable in
            [[true; 3], [true, false, false], [false, true, false], [false, false, true]]
        {
            let choose = |i: usize| if trainable[i] { &*variables[i] } else { &constants[i] };
            let inputs = [choose(0), choose(1), choose(2)];
            let expected = result_and_gradients(inputs, plain);
            assert_eq!(
                expected.iter().map(Option::is_some).collect::<Vec<_>>()[1..],
                trainable,
                "gradients of what is trainable, and of nothing else"
            );
            assert!(expected == result_and_gradients(inputs, checkpointed), "{trainable:?}");
            assert!(expected == result_and_gradients(inputs, nested), "{trainable:?}, nested");
        }
    }
}

#[test]
fn an_input_that_the_body_joins_as_well_gets_both_gradients() {
    let w = Var::from_tensor(&tensor("w", &[4, 4], DType::F64)).unwrap();
    let gradient = |way: Way| {
        let y = on_tape(&w, |x| {
            let joined = w.as_tensor().clone();
            let square: Body = Box::new(move |x| add(&linear(&x[0], &joined, None)?, &x[1]));
            linear(&way(&[x, x], square)?, &w, None)
        });
        bits(y.unwrap().sum_all().unwrap().backward().unwrap().get(&w).unwrap())
    };
    assert!(gradient(plain) == gradient(checkpointed));
    assert!(gradient(plain) == gradient(nested));
}

#[test]
fn finite_differences_of_a_checkpointed_body() {
    assert_gradients(&[&[5, 3], &[3, 3], &[5, 3]], |i| {
        on_tape(&i[0], |x| {
            let (w, e) = (i[1].clone(), x.join(&i[2])?);
            let h = checkpoint(&[x, &e], move |inputs| residual(&w, 0)(inputs))?;
            add(&h, &silu(x)?)
        })
    });
    // Inputs in another shape, and a body that returns one of them.
    assert_gradients(&[&[2, 6]], |i| {
        on_tape(&i[0], |x| {
            let h = checkpoint(&[x, &x.reshape((3, 4))?], |x| {
                add(&silu(&x[0])?, &silu(&x[1].reshape((2, 6))?)?)
            })?;
            add(&h, &checkpoint(&[x], |x| x[0].reshape((2, 6)))?)
        })
    });
    let shapes: [&[usize]; 4] = [&[2, 4, 3, 5], &[3, 4, 3, 3], &[4], &[4]];
    assert_gradients(&shapes, |i| {
        on_images(&i[0], |x| {
            let weight = i[1].clone();
            let norm = GroupNorm { weight: i[2].clone(), bias: i[3].clone(), groups: 2, eps: 1e-5 };
            let body = move |x: &[Value]| {
                let config = Conv2dConfig { stride: 1, padding: 1 };
                Convolution::new(&weight, None, config).after_norm_silu(&norm, None).apply(&x[0])
            };
            concat(&checkpoint(&[x], body)?, x)
        })
    });
}

/// The body of one linear map with `w`, which counts its runs.
fn counted(w: &Tensor) -> (Arc<AtomicUsize>, Body) {
    let (runs, w) = (Arc::new(AtomicUsize::new(0)), w.clone());
    let count = runs.clone();
    let body = move |x: &[Value]| {
        count.fetch_add(1, Ordering::Relaxed);
        linear(&x[0], &w, None)
    };
    (runs, Box::new(body))
}

#[test]
fn a_body_runs_again_where_a_gradient_is_wanted_and_only_there() {
    let [x, w] = ["x", "w"].map(|name| tensor(name, &[4, 4], DType::F32));
    let (x_var, w_var) = (Var::from_tensor(&x).unwrap(), Var::from_tensor(&w).unwrap());
    for (x, w, expected) in [(&*x_var, &w, 2), (&x, &*w_var, 2), (&x, &w, 1)] {
        let (runs, body) = counted(w);
        let y = on_tape(x, |x| checkpoint(&[x], body)).unwrap();
        assert_eq!(runs.load(Ordering::Relaxed), 1);
        y.sum_all().unwrap().backward().unwrap();
        assert_eq!(runs.load(Ordering::Relaxed), expected);
        assert_eq!(y.track_op(), expected == 2);
    }
    // A result that nothing depends on.
    let (runs, body) = counted(&w_var);
    let y = on_tape(&x_var, |x| {
        checkpoint(&[x], body)?;
        silu(x)
    });
    y.unwrap().sum_all().unwrap().backward().unwrap();
    assert_eq!(runs.load(Ordering::Relaxed), 1);
}

#[test]
fn a_checkpointed_graph_is_differentiated_once() {
    let x = Var::from_tensor(&tensor("x", &[3], DType::F32)).unwrap();
    let y = on_tape(&x, |x| checkpoint(&[x], |x| silu(&x[0]))).unwrap();
    let loss = y.sum_all().unwrap();
    assert!(loss.backward().is_ok());
    let error = loss.backward().unwrap_err().to_string();
    assert!(error.contains("run the forward pass again"), "{error}");
}

#[test]
fn bodies_that_cannot_be_run_again_are_refused() {
    let x = Var::from_tensor(&tensor("x", &[2, 3], DType::F32)).unwrap();
    let w = Var::from_tensor(&tensor("w", &[3, 3], DType::F32)).unwrap();
    let error = checkpoint(&[], |_| unreachable!("there is nothing to run it on")).unwrap_err();
    assert!(error.to_string().contains("at least one input"), "{error}");

    let (one, other) = (Tape::new(), Tape::new());
    let values = [one.input(&x).unwrap(), other.input(&x).unwrap()];
    let error = checkpoint(&[&values[0], &values[1]], |x| Ok(x[0].clone())).unwrap_err();
    assert!(error.to_string().contains("of one tape"), "{error}");
    let captured = values[1].clone();
    let error = checkpoint(&[&values[0]], move |_| Ok(captured.clone())).unwrap_err();
    assert!(error.to_string().contains("a value of this tape"), "{error}");

    let y = on_tape(&x, |x| {
        let w = w.as_tensor().clone();
        checkpoint(&[x], move |x| linear(&x[0], &(&w * 2.0)?, None))
    });
    let error = y.unwrap().sum_all().unwrap().backward().unwrap_err().to_string();
    assert!(error.contains("the same trainable tensors") && error.contains("[3, 3]"), "{error}");

    let runs = AtomicUsize::new(0);
    let y = on_tape(&x, |x| {
        checkpoint(&[x], move |x| match runs.fetch_add(1, Ordering::Relaxed) {
            0 => silu(&x[0]),
            _ => silu(&x[0].reshape(6)?),
        })
    });
    let error = y.unwrap().sum_all().unwrap().backward().unwrap_err().to_string();
    assert!(error.contains("F32 [2, 3] again"), "{error}");
}

#[test]
fn the_second_run_reads_what_the_first_did() {
    let x = Var::from_tensor(&Tensor::new(&[1.0_f64, 2.0], &Device::Cpu).unwrap()).unwrap();
    let y = on_tape(&x, |x| checkpoint(&[x], |x| silu(&x[0]))).unwrap();
    let gradient = y.sum_all().unwrap().backward().unwrap().get(&x).unwrap().to_vec1::<f64>();
    // s (1 + x (1 - s)) with s = 1 / (1 + e^-x).
    let expected = [1.0_f64, 2.0].map(|x| {
        let s = 1.0 / (1.0 + (-x).exp());
        s * (1.0 + x * (1.0 - s))
    });
    for (found, expected) in gradient.unwrap().into_iter().zip(expected) {
        assert!((found - expected).abs() < 1e-15, "{found} {expected}");
    }
}
