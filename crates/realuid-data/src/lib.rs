//! Images, toy distributions and a seeded, resumable loader.
