internal import Mail

/// Content that stays where it is when its message leaves: its row in the table `content`, and its octets in segments.
struct KeptContent {
    let id: QueueID
    /// Of the wire form.
    let octets: Int
    let checksum: UInt64
    /// Nil if all of it is in the table `content`.
    let extents: [Extent]?
}
