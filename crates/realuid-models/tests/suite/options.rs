//! What options say in files, what they change of the parameters, and which are refused.

use crate::tiny::{formula_parameters, tiny_mlp, tiny_unet, with};
use candle_core::DType;
use realuid_models::{EdmPreconditioning, NetworkConfig, NetworkOptions, load_model, save_model};

fn every_option() -> NetworkOptions {
    NetworkOptions {
        preconditioning: Some(EdmPreconditioning { sigma_data: 0.5 }),
        time_unit: 0.001,
        source_condition: true,
        noise_channels: 2,
        heads: 1,
        null_class: true,
    }
}

fn conditional() -> [NetworkConfig; 2] {
    let mut unet = tiny_unet();
    (unet.class_cond, unet.num_classes) = (true, 5);
    [NetworkConfig::AdmUnet(unet), NetworkConfig::Mlp(tiny_mlp())]
}

#[test]
fn files_without_options_are_as_they_were() {
    let text = r#"{"architecture":"mlp","data_shape":[1,4,4],"hidden":24,"blocks":2,"time_features":8,"highest_frequency":50.0,"num_classes":5,"adversarial_head":true}"#;
    let config = NetworkConfig::Mlp(tiny_mlp());
    assert_eq!(serde_json::to_string(&config).unwrap(), text);
    assert_eq!(serde_json::from_str::<NetworkConfig>(text).unwrap(), config);

    let text = serde_json::to_string(&NetworkConfig::AdmUnet(tiny_unet())).unwrap();
    assert!(text.ends_with(r#""use_new_attention_order":false,"adversarial_head":false}"#));
}

#[test]
fn options_come_back_from_a_file() {
    let folder = tempfile::tempdir().unwrap();
    for config in conditional() {
        for options in [every_option(), NetworkOptions { heads: 2, ..config.options() }] {
            let config = config.clone().with_options(options);
            let parameters = formula_parameters(&config, DType::F32);
            save_model(folder.path(), &config, &parameters).unwrap();
            let (found, _) = load_model(folder.path(), &candle_core::Device::Cpu).unwrap();
            assert_eq!((found.options(), &found), (options, &config));
        }
        let text = serde_json::to_string(&config.with_options(every_option())).unwrap();
        let part =
            r#""preconditioning":{"sigma_data":0.5},"time_unit":0.001,"source_condition":true"#;
        assert!(text.contains(part), "{text}");
        let unknown = text.replace("sigma_data", "sigma");
        let message = serde_json::from_str::<NetworkConfig>(&unknown).unwrap_err().to_string();
        assert!(message.contains("unknown field `sigma`"), "{message}");
    }
}

#[test]
fn options_change_three_tensors_and_are_loaded_strictly() {
    for (config, [input, table, output]) in conditional().into_iter().zip([
        ["input_blocks.0.0.weight", "label_emb.weight", "out.2.weight"],
        ["input.weight", "label_emb.weight", "output.weight"],
    ]) {
        let wide = with(config.clone(), |o| {
            (o.source_condition, o.noise_channels, o.heads, o.null_class) = (true, 2, 3, true);
        });
        let (narrow_shapes, wide_shapes) =
            (config.parameter_shapes().unwrap(), wide.parameter_shapes().unwrap());
        let size = |name: &str, axis: usize| (narrow_shapes[name][axis], wide_shapes[name][axis]);
        assert_eq!(size(input, 1).1, 4 * size(input, 1).0, "1 + 1 + 2 channels");
        assert_eq!(size(table, 0), (5, 6));
        assert_eq!(size(output, 0).1, 3 * size(output, 0).0);
        let bias = output.replace("weight", "bias");
        for (name, shape) in &narrow_shapes {
            let changed = [input, table, output, &bias].contains(&name.as_str());
            assert_eq!(wide_shapes[name] != *shape, changed, "{name}");
        }
        let error = wide.build_frozen(&formula_parameters(&config, DType::F32)).err().unwrap();
        let message = error.to_string();
        assert!(message.contains("4 do not fit"), "{message}");
        assert!(message.contains(&format!("misshapen {table}: expected [6, ")), "{message}");
        // Scales and units have no parameters.
        let same = with(config.clone(), |o| {
            (o.preconditioning, o.time_unit) = (every_option().preconditioning, 7.0);
        });
        assert_eq!(same.parameter_shapes().unwrap(), narrow_shapes);
    }
}

#[test]
fn what_no_network_can_do_is_refused() {
    let refused = |config: &NetworkConfig, field: &str, change: &dyn Fn(&mut NetworkOptions)| {
        let config = with(config.clone(), change);
        let message = config.validate().unwrap_err().to_string();
        assert!(message.contains(&format!("`{field}`")), "{field} is not in: {message}");
        assert!(config.parameter_shapes().is_err());
    };
    let scales = |sigma_data| Some(EdmPreconditioning { sigma_data });
    for config in conditional() {
        for sigma_data in [0.0, -1.0, f64::NAN] {
            refused(&config, "preconditioning.sigma_data", &|o| {
                o.preconditioning = scales(sigma_data);
            });
        }
        refused(&config, "time_unit", &|o| o.time_unit = 0.0);
        refused(&config, "time_unit", &|o| o.time_unit = f64::INFINITY);
        refused(&config, "heads", &|o| o.heads = 0);
        refused(&config, "heads", &|o| o.heads = usize::MAX);
        refused(&config, "heads", &|o| (o.heads, o.preconditioning) = (2, scales(0.5)));
        refused(&config, "noise_channels", &|o| o.noise_channels = usize::MAX);
    }
    refused(&NetworkConfig::AdmUnet(tiny_unet()), "null_class", &|o| o.null_class = true);
    let mut unet = tiny_unet();
    unet.learn_sigma = true;
    let unet = NetworkConfig::AdmUnet(unet);
    refused(&unet, "learn_sigma", &|o| o.heads = 2);
    refused(&unet, "learn_sigma", &|o| o.preconditioning = scales(0.5));
}
