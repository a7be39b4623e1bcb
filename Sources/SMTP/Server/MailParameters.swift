internal import Mail

/// The ESMTP parameters of MAIL that may be offered: `SIZE` (RFC 1870), `BODY` (RFC 6152, RFC 3030), `SMTPUTF8` (RFC
/// 6531), `RET` and `ENVID` (RFC 3461), `MT-PRIORITY` (RFC 6710), `REQUIRETLS` (RFC 8689), `AUTH` (RFC 4954), and
/// `HOLDFOR` and `HOLDUNTIL` (RFC 4865).
///
/// Parameters that are not offered are unknown (RFC 5321 section 4.1.1.11); none may be repeated.
struct MailParameters {
    private(set) var size: Int?
    private(set) var body: BodyType?
    private(set) var options = MessageOptions.none
    private(set) var release: ReleaseRequest?
    private var hasSubmitter = false
    private let offer: ServerOffer

    init(_ bytes: UnsafeRawBufferPointer, from start: Int, offer: ServerOffer) throws(CommandError) {
        self.offer = offer
        var reader = ParameterReader(bytes, from: start, allowsUTF8: false)
        while let parameter = try reader.next() { try take(parameter) }
    }

    private mutating func take(_ parameter: Parameter) throws(CommandError) {
        let keyword = parameter.keyword
        if keyword.equalsIgnoringCase("size") {
            try takeSize(parameter.requiredValue())
        } else if keyword.equalsIgnoringCase("body") {
            try takeBody(parameter.requiredValue())
        } else if offer.utf8, keyword.equalsIgnoringCase("smtputf8") {
            try takeFlag(parameter, \.usesUTF8)
        } else if offer.offersRequireTLS, keyword.equalsIgnoringCase("requiretls") {
            try takeFlag(parameter, \.requiresTLS)
        } else {
            try takeRare(parameter)
        }
    }

    private mutating func takeRare(_ parameter: Parameter) throws(CommandError) {
        let keyword = parameter.keyword
        if offer.dsn, keyword.equalsIgnoringCase("ret") {
            try takeReturnContent(parameter.requiredValue())
        } else if offer.dsn, keyword.equalsIgnoringCase("envid") {
            try takeEnvelopeID(parameter.requiredValue())
        } else if offer.transferPriority, keyword.equalsIgnoringCase("mt-priority") {
            try takePriority(parameter.requiredValue())
        } else if offer.futureRelease, keyword.equalsIgnoringCase("holdfor") {
            try takeRelease(HoldParameter.interval(parameter.requiredValue()))
        } else if offer.futureRelease, keyword.equalsIgnoringCase("holduntil") {
            try takeRelease(HoldParameter.moment(parameter.requiredValue()))
        } else if !offer.mechanisms.isEmpty, keyword.equalsIgnoringCase("auth") {
            try takeSubmitter(parameter.requiredValue())
        } else {
            throw CommandError(.unknownParameter)
        }
    }

    private mutating func takeSize(_ value: UnsafeRawBufferPointer) throws(CommandError) {
        guard size == nil, let number = DecimalNumber.read(value) else { throw CommandError(.parameterSyntax) }
        size = number
    }

    private mutating func takeBody(_ value: UnsafeRawBufferPointer) throws(CommandError) {
        guard body == nil else { throw CommandError(.parameterSyntax) }
        if value.equalsIgnoringCase("8bitmime") {
            body = .eightBitMIME
        } else if value.equalsIgnoringCase("7bit") {
            body = .sevenBit
        } else if offer.offersBinaryMIME, value.equalsIgnoringCase("binarymime") {
            body = .binaryMIME
        } else {
            throw CommandError(.parameterSyntax)
        }
    }

    private mutating func takeFlag(
        _ parameter: Parameter, _ flag: WritableKeyPath<MessageOptions, Bool>
    ) throws(CommandError) {
        try parameter.requireNoValue()
        guard !options[keyPath: flag] else { throw CommandError(.parameterSyntax) }
        options[keyPath: flag] = true
    }

    /// RFC 3461 section 4.3.
    private mutating func takeReturnContent(_ value: UnsafeRawBufferPointer) throws(CommandError) {
        guard options.returnContent == nil else { throw CommandError(.parameterSyntax) }
        if value.equalsIgnoringCase("full") {
            options.returnContent = .full
        } else if value.equalsIgnoringCase("hdrs") {
            options.returnContent = .headers
        } else {
            throw CommandError(.parameterSyntax)
        }
    }

    /// RFC 3461 section 4.4: xtext of printable ASCII, at most 100 octets.
    private mutating func takeEnvelopeID(_ value: UnsafeRawBufferPointer) throws(CommandError) {
        guard options.envelopeID == nil, value.count <= 100, Xtext.isPrintable(value) else {
            throw CommandError(.parameterSyntax)
        }
        options.envelopeID = String(decoding: value, as: UTF8.self)
    }

    /// RFC 6710 section 6: `0`, or a digit from 1 to 9 with or without a minus sign.
    private mutating func takePriority(_ value: UnsafeRawBufferPointer) throws(CommandError) {
        let isNegative = value.first == UInt8(ascii: "-")
        guard options.transferPriority == nil, value.count == (isNegative ? 2 : 1), let digit = value.last,
            ((isNegative ? 0x31 : 0x30)...0x39).contains(digit)
        else { throw CommandError(.parameterSyntax) }
        options.transferPriority = isNegative ? -Int(digit - 0x30) : Int(digit - 0x30)
    }

    /// Only one of the two may be given (RFC 4865 section 3).
    private mutating func takeRelease(_ request: ReleaseRequest?) throws(CommandError) {
        guard release == nil, let request else { throw CommandError(.parameterSyntax) }
        release = request
    }

    /// RFC 4954 section 5: `<>` or an address in xtext, at most 500 octets. Parsed and discarded, as the section
    /// requires of a server that trusts no client to name another sender.
    private mutating func takeSubmitter(_ value: UnsafeRawBufferPointer) throws(CommandError) {
        guard !hasSubmitter, value.count <= 500, Xtext.isPrintable(value) else { throw CommandError(.parameterSyntax) }
        hasSubmitter = true
    }
}
