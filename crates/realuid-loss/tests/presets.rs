//! What the names of published methods stand for.

mod common;

use common::{branches, scalar, tracked, variables};
use realuid_loss::{GeneratorWeight, Objective, Preset, RealUid, data_normaliser};
use realuid_paths::Prediction;

#[test]
fn names_of_presets_round_trip() {
    let names = ["uid", "realuid", "correction", "fgm", "sid", "ibmd"];
    for (preset, name) in Preset::ALL.into_iter().zip(names) {
        assert_eq!(preset.to_string(), name);
        assert_eq!(name.parse::<Preset>().unwrap(), preset);
    }
    let message = "SiD".parse::<Preset>().unwrap_err().to_string();
    assert!(message.contains("preset: expected one of uid, realuid"), "{message}");
}

#[test]
fn presets_are_rows_of_one_table() {
    let data = Some(Prediction::Data);
    let rows = [
        (Preset::Uid, [1.0, 1.0, 1.0, 1.0], None),
        (Preset::RealUid, [0.92, 0.94, 0.92, 1.0], None),
        (Preset::Correction, [0.5, 2.0, 2.0, 1.0], None),
        (Preset::Fgm, [1.0, 1.0, 1.0, 1.0], Some(Prediction::Velocity)),
        (Preset::Sid, [1.0, 1.0, 1.0, 2.4], data),
        (Preset::Ibmd, [1.0, 1.0, 1.0, 1.0], data),
    ];
    for (preset, coefficients, prediction) in rows {
        let settings = preset.settings().unwrap();
        let o: RealUid = settings.objective;
        let found = [o.alpha(), o.beta(), o.gamma(), o.kappa()];
        assert_eq!(found.map(f64::to_bits), coefficients.map(f64::to_bits), "{preset}");
        assert_eq!(settings.prediction, prediction, "{preset}");
        let normalised = settings.generator_weight == GeneratorWeight::DataNormaliser;
        assert_eq!(normalised, preset == Preset::Sid, "{preset}");
    }
}

#[test]
fn sid_is_the_loss_of_its_paper() {
    // Twice <f* - f, (f* - y) - 1.2 (f* - f)> / mean|y - f*|, summed, mean over the batch.
    let tensors = tracked(&variables()[..3]);
    let (teacher, fake, data) = (&tensors[0], &tensors[1], &tensors[2]);
    let difference = (teacher - fake).unwrap();
    let second = ((teacher - data).unwrap() - (&difference * 1.2).unwrap()).unwrap();
    let error = (data - teacher).unwrap().abs().unwrap().mean_keepdim((1, 2)).unwrap();
    let published = (difference * second).unwrap().broadcast_div(&error).unwrap();
    let published = scalar(&published.sum_all().unwrap()) / 4.0;

    let mut branches = branches(&tensors);
    branches.weight = Some(data_normaliser(teacher, data).unwrap());
    let objective = Preset::Sid.settings().unwrap().objective;
    let found = scalar(&objective.generator_loss(&branches).unwrap().total);
    assert!((found - 2.0 * published).abs() < 1e-12 * found.abs(), "{found}, {published}");
}
