internal import Mail

/// A date that is accepted, in the form of RFC 3339 or of RFC 5322, is a moment that can be written and reads back
/// unchanged.
func fuzzDate(_ input: UnsafeRawBufferPointer) {
    for moment in [Timestamp(dateTime: input), Timestamp(mailDate: input)] {
        guard let moment else { continue }
        // A wait that begins or ends there must not trap.
        _ = ReleaseRequest.at(moment).wait(at: Timestamp(milliseconds: 1_795_255_200_123))
        let text = moment.rfc3339
        let written = Timestamp(rfc3339: text)
        require(written != nil && written == Timestamp(dateTime: text.utf8), "a moment is read in two ways")
        // With its offset from UTC, a date may lie a day beyond the years that can be written: the nearest one is.
        let isNear = moment < Timestamp(rfc3339: first) ?? moment || moment > Timestamp(rfc3339: last) ?? moment
        require(written == moment || isNear, "a moment changed when it was written")
    }
}

private let first = "0000-01-01T00:00:00.000Z"
private let last = "9999-12-31T23:59:59.999Z"
