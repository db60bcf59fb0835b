B
scalar-sumJþ·¤¿