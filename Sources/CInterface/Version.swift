internal import CDeltaNet

@c @implementation
public func deltanet_version() -> Int32 { DELTANET_VERSION }
