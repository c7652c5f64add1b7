//! Samplers that are exact, for any grid, when the data are one point.

use realuid_paths::{BridgePosterior, Ddim, DpmSolver};

use crate::members::{Member, Method, SOURCE, all};
use crate::problem::{Problem, Source};

fn assert_exact(member: &Member, source: Source, grid: &[f64]) {
    let problem = Problem::point_mass(member.path, source);
    let found = member.end_moments(&problem, grid);
    let expected = problem.marginal(grid[grid.len() - 1]);
    let off = (found.mean - expected.mean).abs().max((found.std - expected.std).abs());
    assert!(off < 1e-13, "{} over {grid:?}: {found:?}, not {expected:?}", member.name);
}

fn with(method: impl realuid_paths::PathSampler + 'static, like: &str) -> Member {
    let member = all().into_iter().find(|member| member.name == like).unwrap();
    Member { method: Method::Path(Box::new(method)), ..member }
}

#[test]
fn ddim_and_dpm_solver_of_a_point_mass() {
    for to in [0.0, 0.2] {
        let grid = [1.0, 0.93, 0.5, 0.45, to];
        for eta in [0.0, 0.4, 1.0] {
            assert_exact(&with(Ddim { eta }, "ddim"), Source::Normal, &grid);
        }
        assert_exact(&with(DpmSolver, "ddim"), Source::Normal, &grid);
    }
}

#[test]
fn bridges_to_a_point_mass() {
    for to in [0.0, 0.3] {
        let grid = [1.0, 0.9, 0.35, to];
        // Given the source, ancestral samples and the equation's ends have the bridge's own marginal.
        let posterior = with(BridgePosterior, "bridge posterior");
        assert_exact(&posterior, Source::Fixed(SOURCE), &grid);
        let pinned = all().into_iter().find(|member| member.name == "bridge ode").unwrap();
        assert_exact(&pinned, Source::Fixed(SOURCE), &grid);
        assert_exact(&posterior, Source::Normal, &grid);
    }
}
