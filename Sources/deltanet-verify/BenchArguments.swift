import ArgumentParser
import Verification

/// What an option says that is read only once the others are known; a mistake in it is bad usage of that option.
func option<Choice>(
  _ name: String, _ text: String?, _ read: (String) throws -> Choice
) throws -> Choice? {
  do { return try text.map(read) } catch let error as ValidationError {
    throw ValidationError("\(name): \(error.message)")
  }
}

/// What a list with commas holds.
func list<Element>(_ text: String, _ element: (String) throws -> Element) throws
  -> [Element]
{
  try text.split(separator: ",", omittingEmptySubsequences: false).map { try element(String($0)) }
}

func name<Name: RawRepresentable<String> & CaseIterable>(_ text: String) throws -> Name {
  guard let name = Name(rawValue: text) else {
    let known = Name.allCases.map(\.rawValue).joined(separator: ", ")
    throw ValidationError("'\(text)' is none of \(known)")
  }
  return name
}

func form<Form>(_ text: String, _ named: (String) -> Form?, among known: [String]) throws -> Form {
  guard let form = named(text) else {
    throw ValidationError("'\(text)' is none of \(known.joined(separator: ", "))")
  }
  return form
}

func size(_ text: String) throws -> Int {
  guard let size = Int(text), BenchmarkSizes.allowed.contains(size) else {
    throw ValidationError("'\(text)' is no size from 1 to \(BenchmarkSizes.allowed.upperBound)")
  }
  return size
}

func widths(of text: String) throws -> HeadWidths {
  let sizes = try text.split(separator: "x", omittingEmptySubsequences: false).map {
    try size(String($0))
  }
  guard sizes.count <= 2, let key = sizes.first, let value = sizes.last else {
    throw ValidationError("'\(text)' is no width such as 64 or 128x256")
  }
  return HeadWidths(key: key, value: value)
}
