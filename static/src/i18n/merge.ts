/** Make one catalogue of those of the feature folders; their keys begin with the folder's name. */
export function merged(parts: Record<string, Record<string, string>>): Record<string, string> {
  return Object.assign({}, ...Object.values(parts));
}
