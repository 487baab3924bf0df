//! The `endcap` program; everything it does is in the library.

fn main() -> std::process::ExitCode {
    endcap::cli::run()
}
