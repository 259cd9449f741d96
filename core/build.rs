//! Compiles `proto/` to Rust types and to a descriptor set, without protoc.

use std::{env, error::Error, fs, path::PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from("../proto");
    let family = root.join("custodia/v1");
    println!("cargo::rerun-if-changed={}", family.display());
    let mut files = Vec::new();
    for entry in fs::read_dir(&family)? {
        let path = entry?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "proto")
        {
            println!("cargo::rerun-if-changed={}", path.display());
            files.push(path);
        }
    }
    files.sort();

    let mut compiler = protox::Compiler::new([&root])?;
    compiler
        .include_source_info(true)
        .include_imports(true)
        .open_files(&files)?;
    let mut set = compiler.file_descriptor_set();
    // The options' own file describes the schema; nobody holds its messages.
    set.file
        .retain(|file| file.name() != "google/protobuf/descriptor.proto");
    prost_build::Config::new().compile_fds(set)?;

    // Written from the compiler, not from prost's types: those drop the custom options.
    let mut compiler = protox::Compiler::new([&root])?;
    compiler.include_imports(true).open_files(&files)?;
    let out = PathBuf::from(env::var("OUT_DIR")?).join("custodia.v1.binpb");
    fs::write(out, compiler.encode_file_descriptor_set())?;
    Ok(())
}
