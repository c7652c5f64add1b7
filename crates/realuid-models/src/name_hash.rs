/// 64-bit FNV-1a hash of a parameter's or layer's name: addresses the random stream that belongs
/// to it, whatever else the network holds.
pub(crate) fn name_hash(name: &str) -> u64 {
    name.bytes().fold(0xCBF2_9CE4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01B3)
    })
}
