internal import NIOCore
@testable internal import Proxy

/// Whatever is said of part of a PROXY header remains true when more arrives.
func fuzzProxy(_ input: UnsafeRawBufferPointer) {
    let whole = ProxyHeader.read(input)
    var last = ProxyHeader.Reading.incomplete
    for count in 0...input.count {
        let reading = ProxyHeader.read(UnsafeRawBufferPointer(rebasing: input.prefix(count)))
        switch last {
        case .incomplete: break
        case .header: require(reading == last, "a header changed when more came")
        case .malformed: require(reading.isMalformed, "what was no header became one when more came")
        }
        check(reading, count: count)
        last = reading
    }
    require(whole == last, "the same octets were read in two ways")
}

private func check(_ reading: ProxyHeader.Reading, count: Int) {
    switch reading {
    case .incomplete: require(count < ProxyHeader.maxLength, "more is kept than any header has")
    case .malformed: break
    case .header(let header):
        require((8...min(count, ProxyHeader.maxLength)).contains(header.length), "the header has another length")
        guard let source = header.source else { return }
        require(source.ipAddress != nil, "a source is not an IP address")
        require((0...65535).contains(source.port ?? -1), "a source has no port")
    }
}

extension ProxyHeader.Reading {
    fileprivate var isMalformed: Bool {
        switch self {
        case .malformed: true
        case .incomplete, .header: false
        }
    }
}
