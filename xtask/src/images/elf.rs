//! What an ELF file says of how it is loaded.

/// The program header that names a dynamic loader.
const PT_INTERP: u32 = 3;

/// Whether the file is a 64-bit little-endian ELF program that needs no loader: it is complete in
/// itself. See the System V ABI, chapters 4 and 5.
pub(super) fn is_static(file: &[u8]) -> bool {
    if !file.starts_with(b"\x7fELF\x02\x01") {
        return false;
    }
    let (Some(start), Some(size), Some(count)) = (
        number::<8>(file, 32),
        number::<2>(file, 54),
        number::<2>(file, 56),
    ) else {
        return false;
    };
    count > 0
        && (0..count).all(|index| {
            let kind = start
                .checked_add(index * size)
                .and_then(|at| number::<4>(file, usize::try_from(at).ok()?));
            kind.is_some_and(|kind| kind != u64::from(PT_INTERP))
        })
}

/// The number in so many bytes.
fn number<const BYTES: usize>(file: &[u8], at: usize) -> Option<u64> {
    let bytes = file.get(at..at.checked_add(BYTES)?)?;
    let mut padded = [0; 8];
    padded[..BYTES].copy_from_slice(bytes);
    Some(u64::from_le_bytes(padded))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// The program header of what is loaded.
    pub(in crate::images) const PT_LOAD: u32 = 1;

    /// A header with one program header of that kind.
    pub(in crate::images) fn program(kind: u32) -> Vec<u8> {
        let mut file = vec![0; 64 + 56];
        file[..6].copy_from_slice(b"\x7fELF\x02\x01");
        file[32] = 64;
        file[54] = 56;
        file[56] = 1;
        file[64..68].copy_from_slice(&kind.to_le_bytes());
        file
    }

    #[test]
    fn a_program_that_names_a_loader_is_not_static() {
        assert!(is_static(&program(PT_LOAD)));
        assert!(!is_static(&program(PT_INTERP)));
        assert!(!is_static(b"#!/bin/sh"));
        assert!(!is_static(&program(PT_LOAD)[..60]));
        // The program that runs these tests is linked to the system's C library.
        let this = std::fs::read("/proc/self/exe").unwrap();
        assert!(!is_static(&this));
    }
}
