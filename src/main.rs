//! The `endcap` program; everything it does is in the library.

/// Pages are made of many small pieces of text.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    endcap::cli::run()
}
