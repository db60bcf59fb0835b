Bmatrix-biasJ(«>@x
f¿U¯3? ñº¾…g??Òð]@À°!ÀÁ–<“O¿Ví>